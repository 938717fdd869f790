/** A server of somebody else's that says how it reads a request's path. */
export interface PathReader {
  readonly name: string
  readonly version: string
  /** @returns the path as it reads it, decoded once, as Latin-1; or the status where it refuses */
  read(paths: readonly string[]): Promise<readonly (string | number)[]>
  close(): Promise<void>
}
