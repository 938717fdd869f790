import type { JSX } from 'preact'
import type { PageProps } from '../app/page-props.ts'
import { Heading } from '../parts/heading.tsx'

/** The page itself comes with its own commit. */
export function RecordPage(_props: PageProps & { readonly chain: string; readonly seq: string }): JSX.Element {
  return <Heading title="Audit record" />
}
