import { ENDPOINTS } from '../endpoint.ts'
import { isWorkflowPath } from '../workflow-path.ts'

const WRITE_FILE = ENDPOINTS.get('PUT /repos/{owner}/{repo}/contents/{path}')
/** A path that git would write in another way: what it names in the end cannot be told from its text. */
const UNSETTLED = /\\|(?:^|\/)\.{0,2}(?:\/|$)/
type Alternatives = readonly (readonly string[])[]
type Fields = Readonly<Record<string, unknown>>

/**
 * What `createCommitOnBranch` takes for the files of its input: workflow files take a permission of their own, and so do files that cannot be told.
 */
export function commitFilesAlternatives(input: unknown): Alternatives {
  const plain = WRITE_FILE?.alternatives ?? []
  const { fileChanges } = fieldsOf(input)
  const paths = pathsOf(fileChanges)
  return paths !== undefined && !paths.some((path) => UNSETTLED.test(path) || isWorkflowPath(path)) ? plain : (WRITE_FILE?.onWorkflowFile ?? [])
}

function pathsOf(changes: unknown): readonly string[] | undefined {
  const { additions = [], deletions = [] } = fieldsOf(changes)
  if (!isFields(changes) || !Array.isArray(additions) || !Array.isArray(deletions)) return undefined
  const paths = [...additions, ...deletions].map((change: unknown) => fieldsOf(change)['path'])
  return paths.every((path) => typeof path === 'string') ? paths : undefined
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
