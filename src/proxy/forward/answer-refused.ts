/** An answer of which nothing, or nothing more, may be passed on; the message is our own sentence. */
export class AnswerRefused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'AnswerRefused'
  }
}
