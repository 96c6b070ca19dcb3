import type { Ref } from 'react'
import { Button as AriaButton, type ButtonProps } from 'react-aria-components'
import { classes } from '../classes'
import css from './Button.module.css'

interface Look {
  /** main: the one act of a page; danger: it destroys; bare: an icon alone (give an aria-label). */
  kind?: 'plain' | 'main' | 'danger' | 'bare'
  small?: boolean
  ref?: Ref<HTMLButtonElement>
}

/** A button. A link that looks like one takes `className={buttonLook({ kind: 'main' })}`. */
export function Button({
  kind,
  small,
  className,
  ...rest
}: Omit<ButtonProps, 'className'> & Look & { className?: string }) {
  return <AriaButton {...rest} className={classes(buttonLook({ kind, small }), className)} />
}

export function buttonLook({
  kind = 'plain',
  small = false,
}: { [K in 'kind' | 'small']?: Look[K] | undefined } = {}): string {
  return classes(css.button, css[kind], small && css.small)
}
