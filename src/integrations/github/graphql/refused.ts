import { deny, type Denial } from '../../../model/denial.ts'

/** A document that is not judged for its form. @param detail our own words: the rule, never the content */
export function refused(detail: string): Denial {
  return deny('body_refused', detail, { hint: `GraphQL: ${detail}.` })
}
