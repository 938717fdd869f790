import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Badge } from '../parts/badge.tsx'
import { Card } from '../parts/card.tsx'
import { Notice, type Tone } from '../parts/notice.tsx'
import { plainText } from '../parts/plain-text.ts'
import { verifyProof, type ProofFinding, type ProofStep, type ProvenRecord, type Verdict } from './verify-proof.ts'

const VERDICTS: Readonly<Record<Verdict, { readonly tone: Tone; readonly title: string }>> = {
  proven: { tone: 'good', title: 'Proven: this record stands in the chain as it was signed' },
  partly: { tone: 'plain', title: 'The checkpoint is well signed; not all on the way to it could be checked here' },
  not_signed_yet: { tone: 'plain', title: 'Not signed yet: the next checkpoint follows within seconds' },
  unchecked: { tone: 'warn', title: 'It could not be proven from here' },
  broken: { tone: 'bad', title: 'Broken: this record, or one on the way to its checkpoint, was changed' },
}
const STATES = { holds: { tone: 'good', word: 'holds' }, fails: { tone: 'bad', word: 'fails' }, open: { tone: 'plain', word: 'open' } } as const

/** The proof that a record stands in its chain, computed by this browser, step by step. */
export function ProofCard({ proven, isWhole, chain, seq }: { readonly proven: ProvenRecord; readonly isWhole: boolean; readonly chain: string; readonly seq: number }): JSX.Element {
  const { steps, finding } = useProof(proven, isWhole, chain, seq)
  const verdict = finding === undefined ? undefined : VERDICTS[finding.verdict]
  return <Card title="Chain proof" aside={<span class="small muted">computed by this browser</span>}>
    <div class="stack" aria-live="polite">
      {verdict === undefined ? <p class="muted">Computing …</p> : <Notice tone={verdict.tone} title={verdict.title}>
        <p>The authority says: <bdi>{plainText(proven.proof.detail, 600)}</bdi></p>
      </Notice>}
      <ol class="proof-steps" aria-label="Steps of the proof">{steps.map(({ name, state, words }) => <li key={name} class="proof-step">
        <Badge tone={STATES[state].tone}>{STATES[state].word}</Badge><h3>{name}</h3><p class="small">{plainText(words, 600)}</p>
      </li>)}</ol>
    </div>
  </Card>
}

/** Computed anew with each answer. */
function useProof(proven: ProvenRecord, isWhole: boolean, chain: string, seq: number): { readonly steps: readonly ProofStep[]; readonly finding: ProofFinding | undefined } {
  const [steps, setSteps] = useState<readonly ProofStep[]>([])
  const [finding, setFinding] = useState<ProofFinding>()
  useEffect(() => {
    let isOver = false
    const found: ProofStep[] = []
    // On a page that came without TLS there is none, whatever the types say.
    const subtle = isSecureContext ? crypto.subtle : undefined
    const onStep = (step: ProofStep): void => {
      found.push(step)
      if (!isOver) setSteps([...found])
    }
    verifyProof(proven, { subtle, isWhole, asked: { chain, seq }, onStep }).then((done) => { if (!isOver) setFinding(done) }, () => {
      if (!isOver) setFinding({ verdict: 'unchecked', steps: found })
    })
    return () => { isOver = true }
  }, [proven, isWhole, chain, seq])
  return { steps, finding }
}
