import type { JSX } from 'preact'

/** A policy file by its name; where it lies shows on pointing at it. */
export function FileName({ file, line }: { readonly file: string; readonly line?: number }): JSX.Element {
  return <code title={file}><bdi>{shortFile(file)}</bdi>{line === undefined ? '' : `:${line}`}</code>
}

/** `org.yaml` of `/etc/postern/policies/org.yaml`. Pure. */
export function shortFile(file: string): string {
  return file.split(/[/\\]/).at(-1) ?? file
}
