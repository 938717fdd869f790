/** What is asked for, as it stands in the approval and is read by the one who answers. @throws TypeError where it is no whole time of a second or more */
export function breakGlassOperation(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1000)
  if (!Number.isSafeInteger(seconds) || seconds < 1) throw new TypeError('break-glass access lasts for a second or more')
  return `operator for ${seconds}s`
}

/** For how long it was asked for; 0 where the text is not of the form that `breakGlassOperation` writes. */
export function breakGlassDurationMs(operation: string | undefined): number {
  const seconds = /^operator for ([1-9]\d{0,8})s$/.exec(operation ?? '')?.[1]
  return seconds === undefined ? 0 : Number(seconds) * 1000
}
