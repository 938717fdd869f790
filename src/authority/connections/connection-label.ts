const LABEL = /^[^\p{C}\p{Zl}\p{Zp}]{1,64}$/u

/** What a person calls one of several connections. @returns undefined where the text is no such name: empty, too long, or with characters that do not show */
export function connectionLabel(text: string | undefined): string | undefined {
  const label = text?.normalize('NFC').trim()
  return label !== undefined && LABEL.test(label) ? label : undefined
}
