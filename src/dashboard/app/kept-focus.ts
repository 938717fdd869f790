import { useEffect } from 'preact/hooks'

/**
 * Where what had the focus goes from the page (a list that was read again lacks it), the focus goes to the content and not to nowhere: whoever
 * goes on by keyboard would begin before everything.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    let focused: Element | undefined
    const note = ({ target }: FocusEvent): void => { focused = target instanceof Element ? target : undefined }
    // A click beside everything takes the focus away on purpose.
    const forget = (): void => { focused = undefined }
    const observer = new MutationObserver(() => {
      if (focused === undefined || focused.isConnected || document.activeElement !== document.body) return
      focused = undefined
      document.getElementById('content')?.focus({ preventScroll: true })
    })
    document.addEventListener('focusin', note)
    document.addEventListener('pointerdown', forget)
    observer.observe(document.body, { childList: true, subtree: true })
    return () => {
      observer.disconnect()
      document.removeEventListener('focusin', note)
      document.removeEventListener('pointerdown', forget)
    }
  }, [])
}
