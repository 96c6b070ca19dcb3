import { CopyButton } from '../CopyButton'
import { classes } from '../classes'
import css from './CodeBlock.module.css'

interface Props {
  code: string
  /** What it is, for those who hear the page: '파이썬 코드'. */
  label: string
  /** The most lines shown at once; the rest is scrolled to. */
  lines?: number
}

/** Code, JSON or a log to read and to copy. It takes the focus, so that the arrow keys scroll it. */
export function CodeBlock({ code, label, lines = 24 }: Props) {
  return (
    <figure className={classes(css.block)}>
      <figcaption className={classes(css.head)}>
        <span className={classes(css.label)}>{label}</span>
        <CopyButton text={() => code} />
      </figcaption>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard */}
      <pre className={classes(css.code)} style={{ maxHeight: `${lines * 1.5}em` }} tabIndex={0} aria-label={label}>
        <code>{code}</code>
      </pre>
    </figure>
  )
}
