/** Adds the numbers up. */
export function sum(numbers) {
  let total = 0
  for (let index = 1; index < numbers.length; index++) {
    total += numbers[index]
  }
  return total
}

/** The largest of the numbers; undefined when there is none. */
export function largest(numbers) {
  return numbers.toSorted((a, b) => b - a)[0]
}
