import type { ReactNode } from 'react'
import { classes } from '../classes'
import css from './Note.module.css'

interface Props {
  /** bad: something failed or is wrong; it is announced at once. */
  kind?: 'plain' | 'warn' | 'bad'
  children: ReactNode
}

/** A sentence set apart from the page, with a bar at its side. */
export function Note({ kind = 'plain', children }: Props) {
  return (
    <div className={classes(css.note, css[kind])} role={kind === 'bad' ? 'alert' : undefined}>
      {children}
    </div>
  )
}
