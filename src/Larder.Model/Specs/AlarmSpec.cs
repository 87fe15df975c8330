namespace Larder.Model.Specs;

/// <summary>One metric alarm. Words and ranges are those of Azure Monitor's metric alerts.</summary>
/// <param name="Severity">0 Critical .. 4 Verbose.</param>
/// <param name="Frequency">How often it is evaluated, ISO 8601: PT1M, PT5M, PT15M, PT30M or PT1H.</param>
/// <param name="WindowSize">What it looks back on, ISO 8601: PT1M .. P1D.</param>
/// <param name="Aggregation">Average, Count, Minimum, Maximum or Total.</param>
/// <param name="Operator">GreaterThanOrEqual, GreaterThan, LessThanOrEqual, LessThan, Equals or NotEquals.</param>
/// <param name="Threshold">Percent, 0..100.</param>
public sealed record AlarmSpec(int Severity, string Frequency, string WindowSize, string Aggregation, string Operator, int Threshold);
