import type { DenialView } from '../integrations/integration.ts'
import { CODES, type Code } from '../model/codes.ts'
import type { Denial } from '../model/denial.ts'
import type { DecisionId } from '../model/ids.ts'

/** What a refused client may know of a denial, or of a fault by its code alone. */
export function viewOf(code: Code, decisionId: DecisionId, denial: Denial | undefined): DenialView {
  const { status, title } = CODES[code]
  return {
    code,
    status,
    title,
    hint: denial?.hint,
    layer: denial?.layer,
    rule: denial?.rule?.id,
    decisionId,
    missingScopes: denial?.missingScopes ?? [],
    link: denial?.link,
    retryAfterSeconds: denial?.retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(denial.retryAfterMs / 1000)),
  }
}
