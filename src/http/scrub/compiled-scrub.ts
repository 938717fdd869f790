import type { Secret } from '../../lib/secret.ts'
import { addTrigrams } from './add-trigrams.ts'
import { CUT_SHORT, matchForm, NO_MATCH } from './match-form.ts'
import { secretForms, type SecretForm } from './secret-forms.ts'
import { Trigrams } from './trigrams.ts'

/** So much of each form is in the table: more would make the steps longer, and the table fuller. */
const MAX_ANCHOR_BYTES = 48
/**
 * Eight bytes that are the secret's beginning are hardly ever chance; of what they are to keep back, seven are little: of a token of 40
 * characters with its prefix `ghs_` three that anybody could not have said.
 */
const MAX_WAITS_FROM_BYTES = 8
const NO_FORMS: readonly SecretForm[] = []

/**
 * What is looked for in the answers to one credential. Every spelling of every form is at least as long as the secret: one look at three bytes
 * in each stretch of that length tells of nearly all text that no spelling lies across it.
 */
export class CompiledScrub {
  /** The distance between two looks. */
  readonly stride: number
  /** A tail of at least so many bytes waits where it begins a spelling: never more than half of the shortest one, so that most of each is kept back. */
  readonly waitsFrom: number
  readonly #trigrams = new Trigrams()
  /** By the byte with which they may begin. */
  readonly #forms: (readonly SecretForm[])[] = Array.from({ length: 256 }, () => NO_FORMS)

  constructor(forms: readonly SecretForm[]) {
    const anchor = Math.min(MAX_ANCHOR_BYTES, ...forms.map(({ bytes }) => bytes.length))
    this.stride = anchor - 2
    this.waitsFrom = Math.min(MAX_WAITS_FROM_BYTES, anchor >> 1)
    for (const form of forms) {
      addTrigrams(this.#trigrams, form, anchor)
      const first = form.bytes[0] as number
      for (const byte of form.spellings(first, 0).first) this.#forms[byte] = [...(this.#forms[byte] ?? NO_FORMS), form]
    }
  }

  /** Whether the three bytes at `at` could be part of a form's beginning. */
  suspects(bytes: Uint8Array, at: number): boolean {
    return this.#trigrams.has(bytes, at)
  }

  /** @returns the first place of a look that suspects something, where what may begin at `from` or later is looked for; the length where none does */
  search(bytes: Uint8Array, from: number): number {
    return this.#trigrams.search(bytes, from + this.stride - 1, this.stride)
  }

  /** Whether a text could hold a form. @param text Latin-1 */
  suspectsText(text: string): boolean {
    return text.length > this.stride && this.#trigrams.searchText(text, this.stride - 1, this.stride) < text.length
  }

  /**
   * Reads all forms at one place.
   * @param final nothing comes after these bytes
   * @returns where the form that stands there ends, `NO_MATCH` or `CUT_SHORT`
   */
  match(bytes: Uint8Array, at: number, final: boolean): number {
    for (const form of this.#forms[bytes[at] as number] ?? NO_FORMS) {
      const end = matchForm(form, bytes, at, final)
      if (end >= 0 || (end === CUT_SHORT && !final)) return end
    }
    return NO_MATCH
  }

  /** The share of looks at other text that lead to a second one. */
  get fill(): number {
    return this.#trigrams.fill
  }
}

/** @returns undefined for a secret that is too short to be looked for */
export function compileScrub(secret: Secret): CompiledScrub | undefined {
  const forms = secretForms(secret)
  return forms.length === 0 ? undefined : new CompiledScrub(forms)
}
