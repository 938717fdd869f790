/** A request's body that turned out to be longer than the rules allow: it was cut, and the upstream never gets its end. */
export class BodyOverrun extends Error {
  constructor(maxBytes: number) {
    super(`the body went on after the ${maxBytes} bytes that the rules allow`)
  }
}
