/**
 * Which conversation a name stands for, as the configuration says: name in lower case, without `#`, to id. Slack tells neither by itself
 * without a call, and a decision makes none.
 */
export type ChannelNames = ReadonlyMap<string, string>

export const NO_CHANNEL_NAMES: ChannelNames = new Map()

/** The id that a `#engineering` or `engineering` stands for; undefined where the configuration does not know it. Pure. */
export function channelIdOf(name: string, names: ChannelNames): string | undefined {
  return names.get(name.replace(/^#/, '').toLowerCase())
}
