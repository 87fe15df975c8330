namespace Larder.Security.Certificates;

/// <summary>One thing that is wrong with a user-supplied certificate.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="IsWarning">Whether the certificate is usable all the same.</param>
/// <param name="Message">One or two sentences: what is wrong with which file, and what to do.</param>
public sealed record CertificateProblem(CertificateProblemKind Kind, bool IsWarning, string Message);
