import { describeRule } from '../../../policy/describe.ts'
import type { LoadedPolicies } from '../../../policy/load.ts'
import type { DescribedDocument } from '../wire/policy.ts'

/** Of all texts together that are shown at once: far more than people write. */
const MAX_TEXT = 8 * 1_048_576

/** The documents in force with the texts that they were made of. Pure. */
export function describeDocuments({ documents, rules, sources }: Pick<LoadedPolicies, 'documents' | 'rules' | 'sources'>): readonly DescribedDocument[] {
  const byFile = new Map(sources.map((source) => [source.file, source]))
  const rulesOf = Map.groupBy(rules, ({ document }) => document)
  let left = MAX_TEXT
  return documents.flatMap((document) => {
    const source = byFile.get(document.source.file)
    if (source === undefined) return []
    const shown = source.text.length <= left ? source : { ...source, text: '' }
    left -= shown.text.length
    const { text } = document
    return [{
      source: shown, policy: text.policy, agent: text.policy === 'agent' ? text.agent : undefined,
      rules: (rulesOf.get(document) ?? []).map(describeRule),
    }]
  })
}
