const UNIT_BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

/**
 * Reads a size as people write it: `512B`, `64KiB`, `1MiB`, `2GiB`.
 * @returns bytes, or undefined where the text is not a size
 */
export function parseSize(text: string): number | undefined {
  const match = /^([1-9][0-9]{0,8})(B|KiB|MiB|GiB)$/.exec(text)
  return match === null ? undefined : Number(match[1]) * (UNIT_BYTES[match[2] ?? ''] ?? 1)
}
