import { useId, type ReactNode } from 'react'
import { classes } from '../classes'
import css from './Block.module.css'

interface Props {
  title: string
  /** What stands at the right of the title. */
  side?: ReactNode
  children: ReactNode
}

/** A part of a page with a title, on a sheet of its own. Its width is what @container asks for in it. */
export function Block({ title, side, children }: Props) {
  const id = useId()
  return (
    <section className={classes(css.block)} aria-labelledby={id}>
      <div className={classes(css.head)}>
        <h2 id={id}>{title}</h2>
        {side}
      </div>
      {children}
    </section>
  )
}
