import type { ReactNode } from 'react'
import { classes } from '../classes'
import css from './Facts.module.css'

interface Props {
  /** Name and value; a value of null or '' is left out. */
  facts: [name: string, value: ReactNode][]
}

/** Names and values, the names in a column at the left where there is room. */
export function Facts({ facts }: Props) {
  return (
    <div className={classes(css.facts)}>
      <dl>
        {facts
          .filter(([, value]) => value !== null && value !== undefined && value !== '')
          .map(([name, value]) => (
            <div key={name} className={classes(css.fact)}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    </div>
  )
}
