import type { ReactNode } from 'react'
import { classes } from '../classes'
import css from './Fold.module.css'

interface Props {
  /** What is under it, with its number: '지나간 기준 19개'. */
  title: string
  open?: boolean
  children: ReactNode
}

/** What is read now and then, behind one line. */
export function Fold({ title, open = false, children }: Props) {
  return (
    <details className={classes(css.fold)} open={open}>
      <summary>{title}</summary>
      {children}
    </details>
  )
}
