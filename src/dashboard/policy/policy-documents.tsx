import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { PolicyDocumentView } from '../../authority/admin/wire/policy.ts'
import { Link } from '../app/link.tsx'
import type { Place } from '../app/router.ts'
import { Badge } from '../parts/badge.tsx'
import { Card } from '../parts/card.tsx'
import { FileName, shortFile } from '../parts/file-name.tsx'
import { policyPlace } from './policy-place.ts'

const TONES = { allow: 'good', ask: 'warn', deny: 'bad' } as const

/** One file with the documents in it. */
interface PolicyFile {
  readonly file: string
  readonly text: string
  readonly rules: readonly PolicyDocumentView['rules'][number][]
}

/** Each file as it was loaded, with its rules; the one that the address names is open at its line. */
export function PolicyDocuments({ documents, place }: { readonly documents: readonly PolicyDocumentView[]; readonly place: Place }): JSX.Element {
  const wanted = place.query.get('file')
  const line = Number(place.query.get('line') ?? Number.NaN)
  return <>{filesOf(documents).map((file) => <Card key={file.file} title={<FileName file={file.file} />} aside={<span class="muted small">{file.rules.length} {file.rules.length === 1 ? 'rule' : 'rules'}</span>}>
    <ul class="rule-index">{file.rules.map((rule) => <li key={rule.id}>
      <Badge tone={TONES[rule.effect]}>{rule.effect}</Badge> <Link href={policyPlace(file.file, rule.line)}>{rule.id}</Link> {rule.because !== null && <span class="muted small">{rule.because}</span>}
    </li>)}</ul>
    <FileText file={file} isOpen={wanted === file.file} line={wanted === file.file ? line : undefined} />
  </Card>)}</>
}

function FileText({ file, isOpen, line }: { readonly file: PolicyFile; readonly isOpen: boolean; readonly line: number | undefined }): JSX.Element {
  const details = useRef<HTMLDetailsElement>(null)
  useEffect(() => {
    if (!isOpen || details.current === null) return
    details.current.open = true
    const marked = details.current.querySelector<HTMLElement>('.line-marked') ?? details.current
    marked.scrollIntoView({ block: 'center' })
    marked.focus({ preventScroll: true })
  }, [isOpen, line])
  return <details ref={details}>
    <summary>The file<span class="visually-hidden"> {shortFile(file.file)}</span></summary>
    <pre class="file" tabIndex={0} aria-label={`The text of ${shortFile(file.file)}`}>{file.text.split('\n').map((text, at) => {
      const isMarked = at + 1 === line
      // Lines have no identity but their place, and the text is replaced whole.
      return <span key={at} class={isMarked ? 'line line-marked' : 'line'} {...(isMarked ? { tabIndex: -1 } : {})}><span class="line-number" aria-hidden="true">{at + 1}</span>{text}{'\n'}</span>
    })}</pre>
  </details>
}

/** Several documents may stand in one file. Pure. */
function filesOf(documents: readonly PolicyDocumentView[]): readonly PolicyFile[] {
  const files = Map.groupBy(documents, ({ file }) => file)
  return [...files].map(([file, those]) => ({ file, text: those[0]?.text ?? '', rules: those.flatMap(({ rules }) => rules) }))
}
