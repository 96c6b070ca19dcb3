import type { ReactNode } from 'react'
import { Meter } from 'react-aria-components'
import { classes } from './classes'
import css from './Bars.module.css'

export interface Bar {
  id: string
  name: string
  /** What stands in the place of the name: a link to what is counted. */
  shown?: ReactNode
  value: number
  text: string
  /** Drawn in the accent colour. */
  strong?: boolean
}

/** Names, bars and numbers in three columns. Bars are shares of `whole`, or of the largest value. */
export function Bars({ bars, whole }: { bars: Bar[]; whole?: number }) {
  const most = whole ?? Math.max(...bars.map((bar) => bar.value), 0)
  return (
    <div className={classes(css.bars)}>
      {bars.map((bar) => (
        <div key={bar.id} className={classes(css.bar, bar.strong && css.strong)}>
          {/* Beside the meter, not in it: nothing in a meter can be pressed. */}
          <span className={classes(css.name)}>{bar.shown ?? bar.name}</span>
          <Meter
            className={classes(css.meter)}
            aria-label={bar.name}
            value={most > 0 ? (bar.value / most) * 100 : 0}
            valueLabel={bar.text}
          >
            {({ percentage, valueText }) => (
              <>
                <span className={classes(css.track)}>
                  <span className={classes(css.fill)} style={{ width: `${percentage}%` }} />
                </span>
                <span className={classes(css.value)}>{valueText}</span>
              </>
            )}
          </Meter>
        </div>
      ))}
    </div>
  )
}
