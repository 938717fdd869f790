import type { JSX } from 'preact'

export interface FieldProps {
  readonly name: string
  readonly label: string
  readonly value: string
  readonly hint?: string
  /** Why it was refused. */
  readonly problem?: string | undefined
  /** More than one line of text. */
  readonly lines?: number
  readonly required?: boolean
  readonly pattern?: string
  onInput(value: string): void
}

/** A text field with its label, what to write there, and what was wrong with it. */
export function Field({ name, label, value, hint, problem, lines, required = false, pattern, onInput }: FieldProps): JSX.Element {
  const id = `field-${name}`
  const about = [hint === undefined ? '' : `${id}-hint`, problem === undefined ? '' : `${id}-problem`].filter((each) => each !== '').join(' ')
  const shared = {
    id, name, value, required, spellcheck: false, autocomplete: 'off',
    'aria-invalid': problem !== undefined, ...(about === '' ? {} : { 'aria-describedby': about }),
  } as const
  return <div class="field">
    <label for={id}>{label}</label>
    {lines === undefined
      ? <input type="text" {...shared} {...(pattern === undefined ? {} : { pattern })} onInput={({ currentTarget }) => { onInput(currentTarget.value) }} />
      : <textarea rows={lines} {...shared} onInput={({ currentTarget }) => { onInput(currentTarget.value) }} />}
    {hint !== undefined && <p class="hint" id={`${id}-hint`}>{hint}</p>}
    {problem !== undefined && <p class="error" id={`${id}-problem`}>{problem}</p>}
  </div>
}
