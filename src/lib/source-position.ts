/** A place in a file that a person wrote; line and column count from 1. */
export interface SourcePosition {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** One thing wrong in a file that a person wrote: where, what, and what would be right. */
export interface SourceProblem extends SourcePosition {
  /** Where in the document, e.g. `rules[2].allow.target`; empty for the document itself. */
  readonly path: string
  /** What is wrong, one clause without a final stop. */
  readonly problem: string
  /** What would be right, one clause without a final stop. */
  readonly expected: string
}

/** `file:line:column: path: problem; expected: …`, the form every tool of ours prints. */
export function formatProblem(problem: SourceProblem): string {
  const path = problem.path === '' ? '' : ` ${problem.path}:`
  return `${problem.file}:${problem.line}:${problem.column}:${path} ${problem.problem}; expected: ${problem.expected}`
}

/** Thrown where a file cannot be used at all; carries every problem found, not just the first. */
export class SourceError extends Error {
  readonly problems: readonly SourceProblem[]

  constructor(problems: readonly SourceProblem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.name = 'SourceError'
    this.problems = problems
  }
}
