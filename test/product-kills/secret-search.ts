import { formsOf } from '../store/kills/run-kills.ts'

/** A needle's first bytes decide quickly whether it can begin here. */
const HEAD_BYTES = 4
const BITS = 22

/** Looks for many secrets at once, each in every encoding of `formsOf`, in one pass over the bytes. */
export class SecretSearch {
  readonly #known = new Set<string>()
  readonly #heads = new Uint8Array(1 << BITS)
  readonly #needles = new Map<number, Buffer[]>()

  get size(): number {
    return this.#known.size
  }

  /** @param secret of at least twelve characters: a shorter one is found by accident */
  add(secret: string): void {
    if (secret.length < 12) throw new TypeError('too short to be looked for')
    if (this.#known.has(secret)) return
    this.#known.add(secret)
    for (const form of formsOf(secret)) this.#addNeedle(Buffer.from(form, 'latin1'))
  }

  /** @returns how many of the needles stand in the bytes; a secret may count more than once */
  findings(bytes: Buffer): number {
    let found = 0
    for (let at = 0; at + HEAD_BYTES <= bytes.length; at += 1) {
      const head = headAt(bytes, at)
      if (this.#heads[slotOf(head)] === 0) continue
      for (const needle of this.#needles.get(head) ?? []) {
        if (bytes.subarray(at, at + needle.length).equals(needle)) found += 1
      }
    }
    return found
  }

  #addNeedle(needle: Buffer): void {
    const head = headAt(needle, 0)
    this.#heads[slotOf(head)] = 1
    const others = this.#needles.get(head)
    if (others === undefined) this.#needles.set(head, [needle])
    else others.push(needle)
  }
}

function headAt(bytes: Buffer, at: number): number {
  return ((bytes[at] ?? 0) << 24 | (bytes[at + 1] ?? 0) << 16 | (bytes[at + 2] ?? 0) << 8 | (bytes[at + 3] ?? 0)) >>> 0
}

function slotOf(head: number): number {
  return Math.imul(head, 0x9e_37_79_b1) >>> (32 - BITS)
}
