import { auditRecordOf } from './audit-document.ts'
import { setsOf } from './audit-sets.ts'
import { NumberedKeys } from './numbered-keys.ts'
import type { StoreAccess } from './store-access.ts'

/** Version 2 has sets by delegation, session and outcome. */
const FORM = '2'
const FILLED_AT_ONCE = 200

/** Which version the audit's copy in Redis has. Until it has this one, nothing is searched by the sets that came with it. */
export class AuditForm {
  readonly #access: Pick<StoreAccess, 'link' | 'key'>
  #known = false

  constructor(access: Pick<StoreAccess, 'link' | 'key'>) {
    this.#access = access
  }

  /** Whether every record stands in all of its sets; a copy that holds nothing yet begins in this form. */
  async isPresent(): Promise<boolean> {
    if (this.#known) return true
    const { link, key } = this.#access
    this.#known = (await link.read('get', key('audit', 'form'))) === FORM
    if (!this.#known && Number(await link.read('zcard', key('audit', 'all'))) === 0) await this.#tell()
    return this.#known
  }

  /** Puts each record into the sets that it is not in yet; harmless where several processes do so, or where it is broken off. */
  async bringUp(): Promise<void> {
    if (await this.isPresent()) return
    const { link, key } = this.#access
    for (let from = '-'; ;) {
      const places = await link.read('zrange', key('audit', 'all'), from, '+', 'BYLEX', 'LIMIT', 0, FILLED_AT_ONCE) as string[]
      if (places.length > 0) await this.#fill(places)
      if (places.length < FILLED_AT_ONCE) break
      from = `(${places.at(-1)}`
    }
    await this.#tell()
  }

  async #fill(places: readonly string[]): Promise<void> {
    const { link, key } = this.#access
    const documents = await link.read('hmget', key('audit', 'documents'), ...places) as (string | null)[]
    const keys = new NumberedKeys(key('audit', 'documents'))
    const given = documents.flatMap((document, at) => {
      if (document === null) return []
      const sets = setsOf(key, auditRecordOf(document)).map((set) => keys.numberOf(set))
      return [places[at] ?? '', sets.length, ...sets]
    })
    await link.fill(keys.all, given)
  }

  async #tell(): Promise<void> {
    await this.#access.link.write('set', this.#access.key('audit', 'form'), FORM)
    this.#known = true
  }
}
