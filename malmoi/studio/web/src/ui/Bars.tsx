import { Meter } from 'react-aria-components'

export interface Bar {
  id: string
  name: string
  value: number
  text: string
  /** Drawn in the accent colour. */
  strong?: boolean
}

/** Names, bars and numbers in three columns. Bars are shares of `whole`, or of the largest value. */
export function Bars({ bars, whole }: { bars: Bar[]; whole?: number }) {
  const most = whole ?? Math.max(...bars.map((bar) => bar.value), 0)
  return (
    <div className="bars">
      {bars.map((bar) => (
        <Meter
          key={bar.id}
          className={bar.strong ? 'bar bar-strong' : 'bar'}
          aria-label={bar.name}
          value={most > 0 ? (bar.value / most) * 100 : 0}
          valueLabel={bar.text}
        >
          {({ percentage, valueText }) => (
            <>
              <span className="bar-name">{bar.name}</span>
              <span className="bar-track">
                <span className="bar-fill" style={{ width: `${percentage}%` }} />
              </span>
              <span className="bar-value">{valueText}</span>
            </>
          )}
        </Meter>
      ))}
    </div>
  )
}
