import type { ReactNode } from 'react'
import { classes } from '../classes'
import css from './Tag.module.css'

/** A word that sorts a thing: a kind, a reason. For states there is StatusBadge. */
export function Tag({ children }: { children: ReactNode }) {
  return <span className={classes(css.tag)}>{children}</span>
}

export function Tags({ children }: { children: ReactNode }) {
  return <p className={classes(css.tags)}>{children}</p>
}
