import { useId } from 'react'
import { Group, Input, Label, NumberField, Slider, SliderThumb, SliderTrack, Text } from 'react-aria-components'

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
    <div className="number-row">
      <NumberField
        className="number-field"
        value={value ?? NaN}
        onChange={(next) => onChange(Number.isNaN(next) ? (nothing === undefined ? value : null) : next)}
        minValue={min}
        maxValue={max}
        step={step}
        formatOptions={{ maximumFractionDigits: decimals, useGrouping: false }}
      >
        <Label className="field-label" id={id}>
          {label}
        </Label>
        <Group>
          <Input className="number-input" placeholder={nothing ?? ''} />
        </Group>
        <Text slot="description" className="help">
          {help}
        </Text>
      </NumberField>
      {slider && (
        <Slider
          className="slider"
          aria-labelledby={id}
          value={value ?? max}
          onChange={(next) => onChange(next as number)}
          minValue={min}
          maxValue={max}
          step={step}
        >
          <SliderTrack className="slider-track">
            {({ state }) => (
              <>
                <span className="slider-fill" style={{ width: `${state.getThumbPercent(0) * 100}%` }} />
                <SliderThumb className="slider-thumb" />
              </>
            )}
          </SliderTrack>
        </Slider>
      )}
    </div>
  )
}
