import { useId, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react'
import { recall, remember } from '../memory'
import { classes } from '../classes'
import css from './SplitPane.module.css'

/** Neither side gets narrower than this share of the whole. */
const LEAST = 0.2
const STEP = 0.02

interface Props {
  /** What the divider is called: '프롬프트와 답의 너비'. */
  label: string
  /** The place of the divider is remembered under this name. */
  id: string
  first: ReactNode
  second: ReactNode
}

/**
 * Two things side by side with a divider between them that is dragged or moved with the arrow keys. Where the pane is
 * narrower than 900 px they stand one under the other, without a divider.
 */
export function SplitPane({ label, id, first, second }: Props) {
  const name = useId()
  const box = useRef<HTMLDivElement>(null)
  const [share, setShare] = useState(() => within(Number(recall(`split.${id}`) ?? 0.5)))
  const move = (to: number) => {
    setShare(within(to))
    remember(`split.${id}`, String(within(to)))
  }
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId) || !box.current) return
    const { left, width } = box.current.getBoundingClientRect()
    move((event.clientX - left) / width)
  }
  const step = (event: KeyboardEvent) => {
    const to = { ArrowLeft: share - STEP, ArrowRight: share + STEP, Home: 0, End: 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    move(to)
  }
  return (
    <div className={classes(css.outer)}>
      <div ref={box} className={classes(css.pane)} style={{ '--first': share } as React.CSSProperties}>
        <div id={name} className={classes(css.side)}>
          {first}
        </div>
        <div
          role="separator"
          // A separator that is moved is a widget (ARIA 1.2, "focusable separator").
          tabIndex={0}
          aria-label={label}
          aria-orientation="vertical"
          aria-controls={name}
          aria-valuemin={LEAST * 100}
          aria-valuemax={(1 - LEAST) * 100}
          aria-valuenow={Math.round(share * 100)}
          className={classes(css.divider)}
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={drag}
          onDoubleClick={() => move(0.5)}
          onKeyDown={step}
        />
        <div className={classes(css.side)}>{second}</div>
      </div>
    </div>
  )
}

function within(share: number): number {
  return Math.min(1 - LEAST, Math.max(LEAST, share || 0.5))
}
