import { PeerHub } from '../peers/peer-hub.ts'
import type { FromHub } from '../peers/peer-message.ts'
import { Peers } from '../peers/peers.ts'
import { startGateway } from './test-gateway.ts'
import type { TestGateway, TestGatewayOptions } from './test-gateway.ts'

export interface TestCluster {
  readonly hub: PeerHub
  readonly gateways: readonly TestGateway[]
  /** Starts one more. */
  join(options?: TestGatewayOptions): Promise<TestGateway>
  close(): Promise<void>
}

/** Gateways that know of each other through a hub, as those of several processes do: what they send is copied. */
export async function startCluster(...each: readonly TestGatewayOptions[]): Promise<TestCluster> {
  const hub = new PeerHub()
  const gateways: TestGateway[] = []
  const join = async (options: TestGatewayOptions = {}): Promise<TestGateway> => {
    const id = gateways.length + 1
    const { disabledPlugins } = hub
    const peers = new Peers(id, (message) => {
      const copy = structuredClone(message)
      setImmediate(() => hub.receive(id, copy))
    })
    const gateway = await startGateway({ ...options, peers })
    const send = (message: FromHub): void => {
      const copy = structuredClone(message)
      setImmediate(() => peers.receive(copy))
    }
    hub.join(id, { send, disabledPlugins })
    gateways.push(gateway)
    return gateway
  }
  for (const options of each) await join(options)
  return {
    hub,
    gateways,
    join,
    close: async () => void (await Promise.all(gateways.map((gateway) => gateway.close()))),
  }
}
