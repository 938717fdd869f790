/** Inputs of several parts: each on a line of its own, so that a person can read them. */
export function linesOf(input: Buffer): readonly string[] {
  return input.toString('latin1').split('\n')
}

/** `name: value` lines as Node's parser gives them: white space around values taken off. */
export function rawHeadersOf(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => {
    const colon = line.indexOf(':')
    return colon === -1 ? [] : [line.slice(0, colon), line.slice(colon + 1).replaceAll(/^[\t ]+|[\t ]+$/g, '')]
  })
}
