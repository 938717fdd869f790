import { inspect } from 'node:util'

const MASK = '[secret]'

/**
 * A value that cannot be printed: string conversion, JSON, `util.inspect` and template literals all give `[secret]`.
 * `reveal()` is called only in the files that `test/house/imports.test.ts` names.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    if (value.length === 0) throw new TypeError('a Secret cannot be empty')
    this.#value = value
  }

  /** The value itself. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [inspect.custom](): string {
    return MASK
  }
}
