import { readLines } from './lines.ts'
import { ChainVerifier, type ChainReport, type VerifyOptions } from './verify-chain.ts'

/** How a verification ends, as the exit code of `postern audit verify`. */
export const VERIFY_EXIT = { ok: 0, tampered: 1, unmatchedStarts: 2, unreadable: 78 } as const

/**
 * Verifies the segments of one log, given oldest first, as one chain; streams, in bounded memory.
 * @throws Error of the file system where a file cannot be read
 */
export async function verifyFiles(files: readonly string[], options: VerifyOptions): Promise<ChainReport> {
  const verifier = new ChainVerifier(options)
  for (const [index, file] of files.entries()) {
    let lineNumber = 0
    for await (const line of readLines(file)) verifier.accept(line, file, ++lineNumber)
    if (index < files.length - 1) verifier.endOfSegment(file)
  }
  return verifier.finish(files.at(-1) ?? '')
}

/** Tampering outweighs all else; calls without an end are what a crash leaves. */
export function verifyExitCode(report: ChainReport): number {
  if (report.problems.length > 0) return VERIFY_EXIT.tampered
  return report.unmatchedStarts.list().length + report.unmatchedStarts.givenUp > 0 ? VERIFY_EXIT.unmatchedStarts : VERIFY_EXIT.ok
}
