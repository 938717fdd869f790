/** What was configured cannot be used, and no line of a file is to be named for it. `message` is one sentence. */
export class Misconfigured extends Error {
  override readonly name = 'Misconfigured'
}
