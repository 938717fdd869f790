/**
 * A value that comes later and is told in the very turn in which it comes, where a Promise makes three objects and waits for two turns more: for
 * what ends with every request. Settles once; what comes after that is passed over.
 */
export class Later<T> {
  #settled: 'no' | 'resolved' | 'rejected' = 'no'
  #value: T | undefined
  #error: unknown
  #onValue: ((value: T) => void) | undefined
  #onError: ((error: unknown) => void) | undefined

  resolve(value: T): void {
    if (this.#settled !== 'no') return
    this.#settled = 'resolved'
    this.#value = value
    this.#onValue?.(value)
  }

  reject(error: unknown): void {
    if (this.#settled !== 'no') return
    this.#settled = 'rejected'
    this.#error = error
    this.#onError?.(error)
  }

  /** For one listener, who must not throw. Told at once where it has come already. */
  whenSettled(onValue: (value: T) => void, onError: (error: unknown) => void): void {
    if (this.#onValue !== undefined) throw new TypeError('somebody else listens already')
    this.#onValue = onValue
    this.#onError = onError
    if (this.#settled === 'resolved') onValue(this.#value as T)
    else if (this.#settled === 'rejected') onError(this.#error)
  }

  /** For whoever can wait. */
  toPromise(): Promise<T> {
    return new Promise((resolve, reject) => this.whenSettled(resolve, reject))
  }
}
