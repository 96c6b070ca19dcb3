import type { ReactNode } from 'react'
import { classes } from '../classes'
import { Icon, type IconName } from '../Icon'
import css from './EmptyState.module.css'

interface Props {
  icon?: IconName
  /** What will stand here. */
  title: string
  /** How it comes to stand here. */
  children?: ReactNode
  /** The one act: a Button, or a Link with `buttonLook({ kind: 'main' })`. */
  act?: ReactNode
}

/** What a page shows that has nothing yet: what will stand there, and one act that begins it. */
export function EmptyState({ icon, title, children, act }: Props) {
  return (
    <div className={classes(css.empty)}>
      {icon && (
        <span className={classes(css.icon)}>
          <Icon name={icon} />
        </span>
      )}
      <p className={classes(css.title)}>{title}</p>
      {children && <div className={classes(css.text)}>{children}</div>}
      {act && <div className={classes(css.act)}>{act}</div>}
    </div>
  )
}
