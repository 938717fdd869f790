import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

export interface DialogProps {
  readonly title: string
  readonly children: ComponentChildren
  /** Called however it is closed: by Escape, too. */
  onClose(): void
}

/** A modal dialog: focus stays inside, Escape closes it, and focus goes back to where it was, or to the page. */
export function Dialog({ title, children, onClose }: DialogProps): JSX.Element {
  const element = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const before = document.activeElement
    element.current?.showModal()
    // What was pressed may be gone by then, with what it ended.
    return () => { (before instanceof HTMLElement && before.isConnected ? before : document.getElementById('content'))?.focus() }
  }, [])
  return <dialog ref={element} class="dialog card" aria-labelledby={id} onClose={onClose}>
    <div class="card-head"><h2 id={id}>{title}</h2></div>
    <div class="card-body stack">{children}</div>
  </dialog>
}
