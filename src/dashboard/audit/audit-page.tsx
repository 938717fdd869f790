import type { JSX } from 'preact'
import type { PageProps } from '../app/page-props.ts'
import { Heading } from '../parts/heading.tsx'

/** The page itself comes with its own commit. */
export function AuditPage(_props: PageProps): JSX.Element {
  return <Heading title="Audit" />
}
