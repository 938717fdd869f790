/** EX_NOPERM of sysexits.h: nobody is signed in, or who is may not do this. */
export const EXIT_REFUSED = 77
/** What was asked is answered: there is no such thing, or it has ended already. */
export const EXIT_NO = 1

/** A command that asks the authority did not get what it wants. `message` is for people: one sentence, or a few lines. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
  readonly exitCode: number

  constructor(exitCode: number, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.exitCode = exitCode
  }
}
