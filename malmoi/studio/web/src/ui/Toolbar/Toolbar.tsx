import type { ReactNode } from 'react'
import { classes } from '../classes'
import css from './Toolbar.module.css'

/** Things to press in a row; what is `end` stands at the right. */
export function Toolbar({ children, end }: { children?: ReactNode; end?: ReactNode }) {
  return (
    <div className={classes(css.toolbar)}>
      {children}
      {end && <div className={classes(css.end)}>{end}</div>}
    </div>
  )
}
