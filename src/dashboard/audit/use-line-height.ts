import { useEffect, useState } from 'preact/hooks'

const PHONE = '(max-width: 44rem)'
/** In rem, so that a larger letter size has taller lines; a phone's have three rows of text. */
const LINE_REM = 2.25
const PHONE_LINE_REM = 5

/** How high each line of the timeline is, in pixels: all the same, so that any line's place is known without drawing the others. */
export function useLineHeight(): number {
  const [px, setPx] = useState(lineHeight)
  useEffect(() => {
    const phone = matchMedia(PHONE)
    const look = (): void => { setPx(lineHeight()) }
    phone.addEventListener('change', look)
    addEventListener('resize', look)
    return () => { phone.removeEventListener('change', look); removeEventListener('resize', look) }
  }, [])
  return px
}

function lineHeight(): number {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16
  return Math.round((matchMedia(PHONE).matches ? PHONE_LINE_REM : LINE_REM) * rem)
}
