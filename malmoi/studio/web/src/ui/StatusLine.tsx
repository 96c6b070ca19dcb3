import { classes } from './classes'
import css from './StatusLine.module.css'

/** A line for those who listen: it says that an answer has begun and that it has ended, never the words between. */
export function StatusLine({ children }: { children: string }) {
  return (
    <p className={classes(css.hidden)} role="status">
      {children}
    </p>
  )
}
