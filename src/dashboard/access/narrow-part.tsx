import type { JSX } from 'preact'
import type { DelegationView } from '../../authority/admin/wire/delegation.ts'
import { Told } from '../parts/told.tsx'
import { isPattern, type KeptAccess } from './narrowing.ts'

export interface NarrowPartProps {
  readonly access: DelegationView['access'][number]
  /** Among the approval's parts: for ids. */
  readonly place: number
  readonly kept: KeptAccess | undefined
  onChange(kept: KeptAccess): void
}

/** What is to stay of an approval at one integration. */
export function NarrowPart({ access, place, kept, onChange }: NarrowPartProps): JSX.Element | null {
  if (kept === undefined) return null
  return <fieldset class="narrow-part stack-tight">
    <legend><Told text={access.title} maxLength={80} />{access.account !== null && <span class="muted"> as <Told text={access.account.name} maxLength={80} /></span>}</legend>
    {access.words.map(({ scope, text }) => <Tick key={scope} isOn={kept.scopes.has(scope)} onChange={(isOn) => { onChange({ ...kept, scopes: toggled(kept.scopes, scope, isOn) }) }}>
      {text !== scope && <><Told text={text} maxLength={200} /> </>}<code class="muted"><Told text={scope} /></code>
    </Tick>)}
    <p class="label">On</p>
    {access.targets.map((target, at) => <div key={target} class="stack-tight">
      <Tick isOn={kept.targets.has(target)} onChange={(isOn) => { onChange({ ...kept, targets: toggled(kept.targets, target, isOn) }) }}>
        {target === '**' ? 'everything within reach' : <code><Told text={target} /></code>}
      </Tick>
      {isPattern(target) && kept.targets.has(target) && <Names id={`narrow-${place}-${at}`} target={target} text={kept.names.get(target) ?? ''} onChange={(text) => {
        onChange({ ...kept, names: new Map([...kept.names, [target, text]]) })
      }} />}
    </div>)}
  </fieldset>
}

interface TickProps {
  readonly isOn: boolean
  readonly children: JSX.Element | string | (JSX.Element | string | false)[]
  onChange(isOn: boolean): void
}

function Tick({ isOn, children, onChange }: TickProps): JSX.Element {
  return <label class="tick"><input type="checkbox" checked={isOn} onChange={({ currentTarget }) => { onChange(currentTarget.checked) }} /><span>{children}</span></label>
}

function Names({ id, target, text, onChange }: { readonly id: string; readonly target: string; readonly text: string; onChange(text: string): void }): JSX.Element {
  return <details class="narrow-names">
    <summary>Only some of {target === '**' ? 'it' : <Told text={target} />}</summary>
    <div class="field">
      <label for={id}>One name a line</label>
      <textarea id={id} rows={3} spellcheck={false} value={text} onInput={({ currentTarget }) => { onChange(currentTarget.value) }} />
      <p class="hint">They take its place. Each has to lie within it.</p>
    </div>
  </details>
}

function toggled(texts: ReadonlySet<string>, text: string, isOn: boolean): ReadonlySet<string> {
  return new Set([...texts].filter((each) => each !== text).concat(isOn ? [text] : []))
}
