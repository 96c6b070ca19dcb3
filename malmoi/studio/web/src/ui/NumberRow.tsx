import { useId } from 'react'
import { Group, Input, Label, NumberField, Slider, SliderThumb, SliderTrack, Text } from 'react-aria-components'
import { classes } from './classes'
import css from './NumberRow.module.css'

interface Props {
  label: string
  help: string
  /** null: left to the model or switched off, shown as `nothing`. */
  value: number | null
  onChange: (value: number | null) => void
  min: number
  max: number
  step: number
  slider?: boolean
  nothing?: string
}

/** A number with its explanation; a slider under it where the range is short. */
export function NumberRow({ label, help, value, onChange, min, max, step, slider = false, nothing }: Props) {
  const id = useId()
  const decimals = step < 1 ? 2 : 0
  return (
    <div>
      <NumberField
        className={classes(css.field)}
        value={value ?? NaN}
        onChange={(next) => onChange(Number.isNaN(next) ? (nothing === undefined ? value : null) : next)}
        minValue={min}
        maxValue={max}
        step={step}
        formatOptions={{ maximumFractionDigits: decimals, useGrouping: false }}
      >
        <Label className={classes(css.label)} id={id}>
          {label}
        </Label>
        <Group>
          <Input className={classes(css.input)} placeholder={nothing ?? ''} />
        </Group>
        <Text slot="description" className={classes(css.help)}>
          {help}
        </Text>
      </NumberField>
      {slider && (
        <Slider
          aria-labelledby={id}
          value={value ?? max}
          onChange={(next) => onChange(next as number)}
          minValue={min}
          maxValue={max}
          step={step}
        >
          <SliderTrack className={classes(css.track)}>
            {({ state }) => (
              <>
                <span className={classes(css.fill)} style={{ width: `${state.getThumbPercent(0) * 100}%` }} />
                {/* The name goes on the thumb: it is what has the role and the focus (WCAG 4.1.2). */}
                <SliderThumb className={classes(css.thumb)} aria-labelledby={id} />
              </>
            )}
          </SliderTrack>
        </Slider>
      )}
    </div>
  )
}
