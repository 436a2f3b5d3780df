import type * as plugin from '@agentproxy/plugin'
import type * as wire from '@agentproxy/wire'

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never

// The plugin contract and the wire room each write the event model down, because neither may depend on the other.
// Each of these lines fails to compile as soon as the two differ.
true satisfies Same<plugin.ModelEvent, wire.ModelEvent>
true satisfies Same<plugin.ModelUsage, wire.ModelUsage>
true satisfies Same<plugin.ModelError, wire.ModelError>
true satisfies Same<plugin.WireFormat, wire.WireFormat>
