/** Names a key of ours: `{prefix}:part:part`. */
export type KeySpace = (...parts: readonly string[]) => string

const PREFIX = /^[A-Za-z0-9._:-]{1,64}$/

/**
 * All keys stand under one hash tag, so that a cluster keeps them in one slot and a script may touch several of them.
 * @throws TypeError where the prefix holds anything but letters, digits, `.`, `_`, `:` and `-`, or more than 64 of them
 */
export function keySpace(prefix: string): KeySpace {
  if (!PREFIX.test(prefix)) throw new TypeError('a Redis prefix is 1 to 64 letters, digits, ".", "_", ":" or "-"')
  return (...parts) => [`{${prefix}}`, ...parts].join(':')
}
