import { readFileSync } from 'node:fs'
import { sentenceOf } from '../../lib/system-error.ts'
import { EXIT_CONFIG } from '../process-text.ts'
import { CommandFailure } from './command-failure.ts'

/** A file that the command line names. @throws CommandFailure where it cannot be read */
export function readTextFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new CommandFailure(EXIT_CONFIG, sentenceOf(cause), { cause })
  }
}
