/** How an answer arrives at whoever asked. */
export type Verdict =
  /** An answer of ours in its place: nothing of it was passed on. */
  | 'refused'
  /** Begun, and visibly not whole. */
  | 'cut'
  | 'whole'

/** One thing that an upstream may write. */
export interface AnswerRow {
  readonly name: string
  readonly method: 'GET' | 'HEAD' | 'POST'
  /** Written one after the other, each by itself. */
  readonly pieces: (id: string) => readonly string[]
  /** Whether the upstream closes its side after them. */
  readonly ends: boolean
  readonly verdicts: readonly Verdict[]
  /** Where it is whole: what the answer says. */
  readonly status: number
  readonly body: (id: string) => string
  /** Whether the connection may carry another request. */
  readonly kept: boolean
}

export interface AnswerFamily {
  readonly family: string
  readonly rows: readonly AnswerRow[]
}

type Bytes = string | ((id: string) => string | readonly string[])
type More = Partial<Pick<AnswerRow, 'method' | 'ends' | 'status' | 'body' | 'kept'>>

/** What an upstream would have us take for the answer to somebody else. */
export const POISON = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'

const DEFAULTS = { method: 'GET', ends: false, status: 200, body: (id: string) => id, kept: false } as const

function row(name: string, bytes: Bytes, verdicts: readonly Verdict[], more: More): AnswerRow {
  const written = (id: string): readonly string[] => ([] as string[]).concat(typeof bytes === 'string' ? bytes : bytes(id))
  return { ...DEFAULTS, ...more, name, pieces: written, verdicts }
}

/** No part of it may be passed on. */
export function refusedAnswer(name: string, bytes: Bytes, more: More = {}): AnswerRow {
  return row(name, bytes, ['refused'], more)
}

/** It begins well and breaks: refused, or seen to be cut, never whole. */
export function brokenAnswer(name: string, bytes: Bytes, more: More = {}): AnswerRow {
  return row(name, bytes, ['refused', 'cut'], more)
}

/** Exactly this answer, its body the case's own id unless it says otherwise. */
export function wholeAnswer(name: string, bytes: Bytes, more: More = {}): AnswerRow {
  return row(name, bytes, ['whole'], { kept: true, ...more })
}

/** Read in one way or not at all. */
export function wholeOrRefused(name: string, bytes: Bytes, more: More = {}): AnswerRow {
  return row(name, bytes, ['whole', 'refused'], { kept: true, ...more })
}
