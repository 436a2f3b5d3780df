import { expect, test } from 'vitest'
import { declaresTest, disablesTest, isTestFile } from './test-files.ts'

test.each([
  `it.skip('a', () => {})`,
  `describe.only('a', () => {})`,
  `test.concurrent.skip('a', () => {})`,
  `xit('a', () => {})`,
  `test('a', { skip: true }, () => {})`,
  `it.todo('a')`,
  `  t.skip('later')`,
  '@pytest.mark.skip(reason="later")',
  '@pytest.mark.xfail',
  '    pytest.skip("later")',
  '@unittest.skip("later")',
  '    self.skipTest("later")',
  '\tt.Skip("later")',
  '#[ignore]',
  '@Disabled("later")',
])('a line that takes a test out of the run is known: %s', (line) => {
  expect(disablesTest(line)).toBe(true)
})

test.each([
  `test('skip the intro', () => {})`,
  'list.skip(3)',
  `test('a', { skip: false })`,
  'const only = 1',
  '// skipped: none',
])('a line that does not is left alone: %s', (line) => {
  expect(disablesTest(line)).toBe(false)
})

test.each([
  `test('a'`,
  `  it("b"`,
  'it.each`x`',
  'def test_a():',
  '    async def test_b():',
  'func TestA(t *testing.T) {',
  '#[test]',
  '@Test',
])('a line that declares a test is known: %s', (line) => {
  expect(declaresTest(line)).toBe(true)
})

test('test files are known by their names', () => {
  const paths = [
    'a.test.ts',
    'src/a.spec.jsx',
    'tests/a.py',
    'test_a.py',
    'a_test.go',
    '__tests__/a.js',
    'ATest.java',
    'a.ts',
    'latest/a.md',
    'contest.py',
  ]
  expect(paths.filter(isTestFile)).toEqual(paths.slice(0, 7))
})
