const LOOPBACK = ['127.0.0.1', 'localhost', '::1']

/** Variables that keep calls of our gateway, which is on this machine, away from a proxy of the company's network. */
export function gatewayEnvironment(): Record<string, string> {
  const noProxy = [process.env['NO_PROXY'] ?? process.env['no_proxy'] ?? '', ...LOOPBACK]
    .filter((host) => host !== '')
    .join(',')
  return { NO_PROXY: noProxy, no_proxy: noProxy }
}
